# inventory.ps1: to be written
