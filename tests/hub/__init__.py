"""The project's own Hub on 127.0.0.1: what tests of publishing and of loading by tag run against."""
