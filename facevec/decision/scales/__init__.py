"""What a model's distances are, measured on people: pure functions of their vectors."""
