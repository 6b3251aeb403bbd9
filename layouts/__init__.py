"""What is on each page: ids, texts, colours, pages and their panels."""
