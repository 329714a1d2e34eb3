"""A translator's score: its translations beside those of professionals."""
