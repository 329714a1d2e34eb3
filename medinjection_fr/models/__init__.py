"""How we speak to a model: requests, endpoints, the journal of what was asked, and its budget."""
