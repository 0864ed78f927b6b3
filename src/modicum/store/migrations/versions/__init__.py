"""One file a version. A version is never edited once a store may have been made with it."""
