"""The accounting wing: who was in which release (`record`), and what a person is told about it (`statement`)."""
