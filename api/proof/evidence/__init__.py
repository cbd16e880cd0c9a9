"""Evidence: what an outsider needs to see that a customer's history is as it is told."""
