"""What is published: shards, manifest, card and loading script, and how they are verified."""
