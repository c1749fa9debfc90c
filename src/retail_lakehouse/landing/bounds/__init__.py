"""What a source file may unfold to, known before it does."""
