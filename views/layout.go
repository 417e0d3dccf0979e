package views

import "looksalive/static"

var icons = static.URL("icons.svg") + "#"

// sprite is the address of a shape in the sprite.
func sprite(name string) string { return icons + name }

func regionClass(class string) string {
	if class == "" {
		return "region"
	}
	return "region " + class
}

func last(i, n int) bool { return i == n-1 }

// shortcut is a line of the help dialog; src/keys.ts does what it says.
type shortcut struct {
	Keys []string
	What string
}

var shortcuts = []shortcut{
	{[]string{"Ctrl", "K"}, "Search or jump to"},
	{[]string{"/"}, "Filter this list"},
	{[]string{"g", "o"}, "Overview"},
	{[]string{"g", "f"}, "Faults"},
	{[]string{"g", "c"}, "Clusters"},
	{[]string{"g", "n"}, "Nodes"},
	{[]string{"g", "v"}, "Virtual machines"},
	{[]string{"g", "s"}, "Storage"},
	{[]string{"j"}, "Next row"},
	{[]string{"k"}, "Row before"},
	{[]string{"Enter"}, "Open the row"},
	{[]string{"?"}, "This help"},
}
