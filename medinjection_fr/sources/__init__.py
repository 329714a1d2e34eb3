"""Where records come from: one module per upstream format, and the catalogue of their facts."""
