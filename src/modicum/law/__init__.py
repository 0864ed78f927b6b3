"""See below."""
