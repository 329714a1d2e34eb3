"""The report: runs, judgements, reviews and agreement on one page that stands alone."""
