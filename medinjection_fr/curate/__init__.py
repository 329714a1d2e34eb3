"""Which records stay, and the ledger of what was dropped."""
