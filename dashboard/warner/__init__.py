"""Early warning of a running city: learns what is usual, looks every five minutes, and says what it sees."""
