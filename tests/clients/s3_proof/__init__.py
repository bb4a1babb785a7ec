"""Real clients' temporary credentials, by every action there is, on an S3 gateway."""
