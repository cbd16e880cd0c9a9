"""The rulebooks that come with Tenure, one text a profile (A-15)."""
