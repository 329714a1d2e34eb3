"""Items in English → records in French: what is sent, what comes back, what is refused."""
