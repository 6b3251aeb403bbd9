"""The archive: a city's log and its files of old, as Parquet that anybody can read."""
