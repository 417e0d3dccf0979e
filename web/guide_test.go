package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"looksalive/cluster"
	"looksalive/remoting"
)

// documents are all that people are given to read.
func documents(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"../README.md", "../docs/*.md", "../docs/guide/*.md"} {
		files, err := filepath.Glob(pattern)
		must(t, err)
		for _, f := range files {
			b, err := os.ReadFile(f)
			must(t, err)
			all[f] = string(b)
		}
	}
	return all
}

var (
	fenced   = regexp.MustCompile("(?ms)^```.*?^```$")
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading  = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	notInURL = regexp.MustCompile(`[^a-z0-9 _-]`)
)

// anchors are the headings of a text as their addresses.
func anchors(text string) map[string]bool {
	out := map[string]bool{}
	for _, h := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		out[strings.ReplaceAll(notInURL.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-")] = true
	}
	return out
}

// TestDocumentsLeadSomewhere follows every link between the documents, and finds
// pictures nobody shows.
func TestDocumentsLeadSomewhere(t *testing.T) {
	all := documents(t)
	shown := map[string]bool{}
	for file, text := range all {
		for _, m := range link.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			name, anchor, _ := strings.Cut(m[1], "#")
			to := file
			if name != "" {
				to = filepath.ToSlash(filepath.Join(filepath.Dir(file), name))
			}
			shown[to] = true
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s: nothing is at %s", file, m[1])
			} else if anchor != "" && !anchors(all[to])[anchor] {
				t.Errorf("%s: there is no such heading: %s", file, m[1])
			}
		}
	}
	pictures, err := filepath.Glob("../docs/pictures/*")
	must(t, err)
	for _, p := range pictures {
		info, err := os.Stat(p)
		must(t, err)
		if !shown[p] || info.Size() > 200<<10 {
			t.Errorf("%s is shown: %t, and has %d bytes", p, shown[p], info.Size())
		}
	}
}

// TestGuideIsComplete looks for every setting, command and step in the guide.
func TestGuideIsComplete(t *testing.T) {
	all := documents(t)
	said := func(file string, words ...string) {
		t.Helper()
		for _, w := range words {
			if !strings.Contains(all["../docs/guide/"+file], w) {
				t.Errorf("%s does not tell of %s", file, w)
			}
		}
	}
	var keys func(of reflect.Type)
	keys = func(of reflect.Type) {
		for i := range of.NumField() {
			f := of.Field(i)
			key := f.Tag.Get("toml")
			if key != "" && key != "-" {
				said("configuration.md", "`"+key+"`")
			} else if f.Anonymous {
				keys(f.Type)
			}
		}
	}
	keys(reflect.TypeFor[config]())
	keys(reflect.TypeFor[clusterConfig]())

	sources, err := filepath.Glob("*.go")
	must(t, err)
	variable := regexp.MustCompile(`getenv\("(LOOKSALIVE_[A-Z_]+)"\)`)
	flags := regexp.MustCompile(`fs\.(?:String|Bool|Int|Uint64)\("([a-z-]+)"`)
	for _, f := range sources {
		b, err := os.ReadFile(f)
		must(t, err)
		for _, m := range variable.FindAllStringSubmatch(string(b), -1) {
			said("configuration.md", "`"+m[1]+"`")
		}
		if f == "config.go" {
			for _, m := range flags.FindAllStringSubmatch(string(b), -1) {
				said("configuration.md", "`-"+m[1])
			}
		}
	}

	// A definition that cannot be asked: no step gets further than saying so.
	check := remoting.Check(t.Context(), remoting.CheckOptions{Definition: cluster.Definition{Name: "X", Nodes: []cluster.NodeDefinition{{Name: "X", Address: "http://no.address"}}}})
	if len(check.Nodes) != 1 || len(check.Nodes[0].Steps) < 10 {
		t.Fatalf("%+v", check)
	}
	for _, s := range check.Nodes[0].Steps {
		said("add-a-cluster.md", "| "+s.Title+" |")
	}
}

// TestGrantsScriptGivesWhatTheCheckNames compares the script with the commands the
// product tells people to type.
func TestGrantsScriptGivesWhatTheCheckNames(t *testing.T) {
	b, err := os.ReadFile("../docs/guide/grants.ps1")
	must(t, err)
	word := regexp.MustCompile(`'(root/[^']+)'|-Group '([^']+)'|\b(0x[0-9A-F]+)\b|\b([A-Z][a-z]+-(?:Cluster|ServerManager)[A-Za-z]+)|(-ReadOnly)`)
	for g := cluster.GrantRemote; g <= cluster.GrantAdmin; g++ {
		found := word.FindAllStringSubmatch(g.Step("").Command, -1)
		if len(found) == 0 {
			t.Errorf("%s: nothing to look for in %q", g, g.Step("").Command)
		}
		for _, m := range found {
			if w := strings.Join(m[1:], ""); !strings.Contains(string(b), w) {
				t.Errorf("%s: grants.ps1 has no %s", g, w)
			}
		}
	}
}
