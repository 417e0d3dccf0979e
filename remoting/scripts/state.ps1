# state.ps1: to be written
