"""What a message costs as a whole, in ratios: the rows of the table that tests/bench/run prints."""
