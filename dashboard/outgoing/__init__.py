"""What leaves the city for others: CAP messages, notices and webhooks."""
