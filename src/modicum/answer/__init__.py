"""Answer: what may leave, computed where the records are: the ladder, the plan, statistics, records, pseudonyms."""
