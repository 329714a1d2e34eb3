"""Human review: physicians judge answers of models, and rows of the dataset, on a local page."""
