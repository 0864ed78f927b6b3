"""The plain words: frozen types that everybody uses. Nothing here reads a file, a clock or a database."""
