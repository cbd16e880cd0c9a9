"""What README's figures come from: Tenure measured beside its peers, in one run."""
