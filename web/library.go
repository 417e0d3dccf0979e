package main

import (
	"strings"

	"looksalive/cluster"
	"looksalive/console"
	"looksalive/remoting"
	"looksalive/remoting/scripts"
	"looksalive/store"
)

// openLibrary has the saved scripts: those people keep, those of the console, and what
// the product itself asks.
func openLibrary(st *store.Store) (*console.Library, error) {
	ask := func(q cluster.Question, s scripts.Script, about string) console.Saved {
		return console.Saved{
			SavedScript: cluster.SavedScript{Name: "LooksAlive: " + s.Name, Description: about, Text: standing(s)},
			Group:       "What LooksAlive asks", Question: q.String(),
		}
	}
	return console.NewLibrary(console.LibraryOptions{Store: st, Auditor: st, BuiltIn: []console.Saved{
		ask(cluster.QuestionState, scripts.State, "The cluster: nodes, networks, roles, resources, volumes, quorum. Asked of one node."),
		ask(cluster.QuestionStorage, scripts.Storage, "Pool, drives, virtual disks, jobs and the Health Service's faults. Asked of one node."),
		ask(cluster.QuestionVitals, scripts.Vitals, "Services, load, memory and network of this node."),
		ask(cluster.QuestionInventory, scripts.Inventory, "Hardware, certificates, time source and updates of this node."),
	}})
}

// standing is the script as it can be run by itself: what the product gives it as its
// argument stands in it.
func standing(s scripts.Script) string {
	var services []string
	for _, name := range remoting.WatchedServices {
		services = append(services, cluster.Quote(name))
	}
	// The loop's errors end a script, too; those of a console do not by themselves.
	return "$ErrorActionPreference = 'Stop'\n" +
		strings.Replace(s.Text, "param($options)\n", "$options = @{ Services = "+strings.Join(services, ", ")+" }\n", 1)
}
