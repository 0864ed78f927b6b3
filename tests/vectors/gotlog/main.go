// Gotlog reads a log directory of ours with the packages of the Go checksum database, which know nothing of Modicum.
//
//	gotlog DIR VKEY PROOF...
//
// It checks the checkpoint's signature with the verifier key, recomputes the root from the entries (TileHashReader of
// golang.org/x/mod 0.7.0 is not a verifier: an entry and its level-0 tile changed together pass), and checks each
// tlog-proof given against the entry that stands at its index. It prints the size of the log.
package main

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const width = 256

func main() {
	if len(os.Args) < 3 {
		fail(errors.New("usage: gotlog DIR VKEY PROOF..."))
	}
	size, entries, err := readLog(os.Args[1], os.Args[2])
	fail(err)
	for _, name := range os.Args[3:] {
		fail(checkProof(name, os.Args[2], entries))
	}
	fmt.Println(size)
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// readLog gives the size and entries of a log whose entries give the root that its key signed.
func readLog(dir, vkey string) (int64, [][]byte, error) {
	signed, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return 0, nil, err
	}
	tree, err := openCheckpoint(signed, vkey)
	if err != nil {
		return 0, nil, err
	}
	entries, err := readEntries(dir, tree.N)
	if err != nil {
		return 0, nil, err
	}
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var found []tlog.Hash
		for _, index := range indexes {
			found = append(found, stored[index])
		}
		return found, nil
	})
	for n, entry := range entries {
		hashes, err := tlog.StoredHashes(int64(n), entry, reader)
		if err != nil {
			return 0, nil, err
		}
		stored = append(stored, hashes...)
	}
	if tree.N > 0 {
		root, err := tlog.TreeHash(tree.N, reader)
		if err != nil {
			return 0, nil, err
		}
		if root != tree.Hash {
			return 0, nil, errors.New("the entries do not give the root")
		}
	}
	return tree.N, entries, checkTiles(dir, tree.N, reader)
}

// checkTiles compares every tile that the log of this size must have with the hashes made from its entries.
func checkTiles(dir string, size int64, reader tlog.HashReader) error {
	tiles := tlog.NewTiles(8, 0, size)
	for i, tile := range tiles {
		if i+1 < len(tiles) && tiles[i+1].L == tile.L && tiles[i+1].N == tile.N {
			continue // a partial tile of an earlier size, which this log may never have had
		}
		want, err := tlog.ReadTileData(tile, reader)
		if err != nil {
			return err
		}
		// The Go checksum database names tiles tile/8/L/...; C2SP tlog-tiles leaves the height out.
		name := "tile/" + strings.TrimPrefix(tile.Path(), "tile/8/")
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		if string(got) != string(want) {
			return fmt.Errorf("%s is not what the entries give", name)
		}
	}
	return nil
}

func openCheckpoint(signed []byte, vkey string) (tree tlog.Tree, err error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tree, err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tree, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return tree, errors.New("checkpoint is not of this log")
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, err
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, err
}

func readEntries(dir string, size int64) ([][]byte, error) {
	var entries [][]byte
	for start := int64(0); start < size; start += width {
		tile := tlog.Tile{H: 8, L: 0, N: start / width, W: width}
		if size-start < width {
			tile.W = int(size - start)
		}
		name := "tile/entries/" + strings.TrimPrefix(tile.Path(), "tile/8/0/")
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		for i := 0; i < tile.W; i++ {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return nil, fmt.Errorf("%s ends early", name)
			}
			end := 2 + int(binary.BigEndian.Uint16(data))
			entries = append(entries, data[2:end])
			data = data[end:]
		}
		if len(data) > 0 {
			return nil, fmt.Errorf("%s holds %s after its entries", name, hex.EncodeToString(data[:1]))
		}
	}
	return entries, nil
}

func checkProof(name, vkey string, entries [][]byte) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	head, signed, found := strings.Cut(string(data), "\n\n")
	lines := strings.Split(head, "\n")
	if len(lines) > 1 && strings.HasPrefix(lines[1], "extra ") { // what the proof carries besides; no part of it
		lines = append(lines[:1], lines[2:]...)
	}
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
		return errors.New("not a tlog-proof")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	tree, err := openCheckpoint([]byte(signed), vkey)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entries[index]))
}
