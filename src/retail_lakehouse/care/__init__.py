"""What keeps a lakehouse in order beside the steps: upkeep, rejected lines, forgotten people."""
