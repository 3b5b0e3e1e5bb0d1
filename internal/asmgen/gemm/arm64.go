package main

func arm64File() string { return header("!noasm") }
