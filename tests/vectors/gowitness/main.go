// Gowitness is a witness made of the packages of the Go checksum database, which know nothing of Modicum: notes are
// opened by sumdb/note, consistency is judged by sumdb/tlog, and only the cosignature's own message is written here.
//
//	gowitness serve NAME SEED LOGVKEY   POST /add-checkpoint on a free port of 127.0.0.1, which it prints; ends with stdin
//	gowitness check NOTE LOGVKEY WVKEY  opens a note that the log signed and the witness cosigned; prints the time
//
// Sources: C2SP tlog-witness, tlog-cosignature (Ed25519), signed-note.
package main

import (
	"bufio"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const algorithm = 4 // cosignature/v1

func main() {
	switch {
	case len(os.Args) == 5 && os.Args[1] == "serve":
		fail(serve(os.Args[2], os.Args[3], os.Args[4]))
	case len(os.Args) == 5 && os.Args[1] == "check":
		fail(check(os.Args[2], os.Args[3], os.Args[4]))
	default:
		fail(errors.New("usage: gowitness serve NAME SEED LOGVKEY | check NOTE LOGVKEY WVKEY"))
	}
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// cosigner is a note.Verifier of cosignatures, and with a private key it makes them.
type cosigner struct {
	name    string
	public  ed25519.PublicKey
	private ed25519.PrivateKey
	time    uint64 // of the cosignature that was verified last
}

func (c *cosigner) Name() string { return c.name }

func (c *cosigner) KeyHash() uint32 {
	sum := sha256.Sum256(append([]byte(c.name+"\n"), append([]byte{algorithm}, c.public...)...))
	return binary.BigEndian.Uint32(sum[:])
}

func message(seconds uint64, text []byte) []byte {
	return append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", seconds)), text...)
}

func (c *cosigner) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	seconds := binary.BigEndian.Uint64(sig)
	if !ed25519.Verify(c.public, message(seconds, text), sig[8:]) {
		return false
	}
	c.time = seconds
	return true
}

func (c *cosigner) line(text []byte, seconds uint64) string {
	data := make([]byte, 12, 12+ed25519.SignatureSize)
	binary.BigEndian.PutUint32(data, c.KeyHash())
	binary.BigEndian.PutUint64(data[4:], seconds)
	data = append(data, ed25519.Sign(c.private, message(seconds, text))...)
	return "— " + c.name + " " + base64.StdEncoding.EncodeToString(data) + "\n"
}

func check(path, logVkey, witnessVkey string) error {
	signed, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	log, err := note.NewVerifier(logVkey)
	if err != nil {
		return err
	}
	fields := strings.SplitN(witnessVkey, "+", 3)
	key, err := base64.StdEncoding.DecodeString(fields[len(fields)-1])
	if err != nil || len(fields) != 3 || len(key) != 33 || key[0] != algorithm {
		return errors.New("not the verifier key of a witness")
	}
	witness := &cosigner{name: fields[0], public: key[1:]}
	if fmt.Sprintf("%08x", witness.KeyHash()) != fields[1] {
		return errors.New("the key is not of that id")
	}
	opened, err := note.Open(signed, note.VerifierList(log, witness))
	if err != nil {
		return err
	}
	if len(opened.Sigs) != 2 {
		return errors.New("not signed by both")
	}
	fmt.Println(witness.time)
	return nil
}

type state struct {
	lock     sync.Mutex
	cosigner *cosigner
	log      note.Verifier
	size     int64
	root     tlog.Hash
}

func serve(name, seed, logVkey string) error {
	bytes, err := hex.DecodeString(seed)
	if err != nil || len(bytes) != ed25519.SeedSize {
		return errors.New("the seed is not 32 bytes in hex")
	}
	private := ed25519.NewKeyFromSeed(bytes)
	log, err := note.NewVerifier(logVkey)
	if err != nil {
		return err
	}
	witness := &state{
		cosigner: &cosigner{name: name, public: private.Public().(ed25519.PublicKey), private: private}, log: log,
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	http.HandleFunc("/add-checkpoint", witness.answer)
	go func() { fail(http.Serve(listener, nil)) }()
	key := append([]byte{algorithm}, witness.cosigner.public...)
	vkey := fmt.Sprintf("%s+%08x+%s", name, witness.cosigner.KeyHash(), base64.StdEncoding.EncodeToString(key))
	fmt.Println(listener.Addr().(*net.TCPAddr).Port, vkey)
	_, err = bufio.NewReader(os.Stdin).ReadByte()
	if err == io.EOF {
		return nil
	}
	return err
}

func (s *state) answer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	line, status, err := s.decide(string(body))
	if status == http.StatusConflict {
		w.Header().Set("Content-Type", "text/x.tlog.size")
		w.WriteHeader(status)
		fmt.Fprintln(w, s.size)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), status)
		return
	}
	fmt.Fprint(w, line)
}

func (s *state) decide(body string) (string, int, error) {
	head, signed, found := strings.Cut(body, "\n\n")
	lines := strings.Split(head, "\n")
	old, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "old "), 10, 64)
	if !found || err != nil {
		return "", http.StatusBadRequest, errors.New("not a request")
	}
	var proof tlog.TreeProof
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return "", http.StatusBadRequest, err
		}
		proof = append(proof, hash)
	}
	opened, err := note.Open([]byte(signed), note.VerifierList(s.log))
	if err != nil {
		return "", http.StatusForbidden, err
	}
	fields := strings.Split(opened.Text, "\n")
	if len(fields) != 4 || fields[0] != s.log.Name() {
		return "", http.StatusNotFound, errors.New("another log")
	}
	size, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil || old > size {
		return "", http.StatusBadRequest, errors.New("the old size is larger than the new")
	}
	root, err := tlog.ParseHash(fields[2])
	if err != nil {
		return "", http.StatusBadRequest, err
	}
	if old != s.size {
		return "", http.StatusConflict, errors.New("another size")
	}
	if err := s.continues(proof, size, root); err != nil {
		return "", http.StatusUnprocessableEntity, err
	}
	s.size, s.root = size, root
	return s.cosigner.line([]byte(opened.Text), uint64(time.Now().Unix())), http.StatusOK, nil
}

func (s *state) continues(proof tlog.TreeProof, size int64, root tlog.Hash) error {
	if s.size == 0 {
		return nil
	}
	if size == s.size {
		if root != s.root {
			return errors.New("two roots for one size")
		}
		return nil
	}
	return tlog.CheckTree(proof, size, root, s.size, s.root)
}
