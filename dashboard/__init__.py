"""The running program: command line, engine, relay, web, accounts, health."""
