"""Custody: data sets where they lie, their dictionaries, the strata of their rows, and the engine that reads them."""
