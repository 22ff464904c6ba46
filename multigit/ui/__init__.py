"""What people see and answer: tables, live progress and questions."""
