"""What bodies and answers look like. pydantic lives here alone."""
