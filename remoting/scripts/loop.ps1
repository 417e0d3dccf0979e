# loop.ps1: to be written
