package views

import (
	"net/url"
	"strings"

	"looksalive/cluster"
)

// Asked is a question the product asks, with its script.
type Asked struct {
	Name, Description, Text string
	Console                 string // address of the console with it, "" for none
}

// questionsOf lists what is asked for the data of a page, by the first parts of its path.
var questionsOf = []struct {
	path      string // of the page, or of what stands below a cluster with "*"
	questions string
}{
	{"/c/*/nodes/*", "vitals state inventory"},
	{"/c/*/nodes", "vitals state"},
	{"/c/*/roles", "state"}, {"/c/*/vms", "state"}, {"/c/*/networks", "state vitals"}, {"/c/*/storage", "storage state"},
	{"/c/*", "state vitals storage"},
	{"/nodes", "vitals state"}, {"/roles", "state"}, {"/vms", "state"}, {"/networks", "state vitals"}, {"/storage", "storage state"},
	{"/clusters", "state vitals"}, {"/faults", "state storage vitals inventory"}, {"/faults/*", "state storage vitals inventory"}, {"/", "state vitals"},
}

// AskedAddress is where the scripts behind a page are shown, "" for a page that shows
// nothing nodes were asked for. path is that of the page.
func AskedAddress(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for _, q := range questionsOf {
		pattern := strings.Split(strings.Trim(q.path, "/"), "/")
		if len(pattern) != len(parts) {
			continue
		}
		same := true
		var names []string
		for i := range pattern {
			if pattern[i] == "*" {
				names = append(names, parts[i])
			} else if pattern[i] != parts[i] {
				same = false
			}
		}
		if !same {
			continue
		}
		v := url.Values{"q": {q.questions}}
		if parts[0] == "c" && len(names) > 0 {
			v.Set("target", strings.Join(names, "/"))
		}
		return AskedPath + "?" + v.Encode()
	}
	return ""
}

// AskedPage is "/asked": the PowerShell behind a page. of says which.
func AskedPage(s *cluster.Snapshot, list []Asked, of string) Page {
	title := "What LooksAlive asks"
	p := Page{Title: title, Path: AskedPath, Nav: fleetNav(s, ""), Crumbs: []Crumb{{"All clusters", "/"}, {title, AskedPath}},
		Head: Head{Title: title, Sub: "The PowerShell that is sent to nodes" + of + ", exactly as it is sent. All of it only reads."}}
	p.Regions = []Region{{ID: "r-list", Class: "wide", Body: askedList(list)}}
	if len(list) == 0 {
		p.Head.Sub = ""
		p.Regions[0].Body = card("Scripts", "", empty(unknown("No such question", "There is no script of that name.")))
	}
	return p
}
