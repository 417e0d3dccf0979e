package remoting

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"looksalive/cluster"
)

// Report is a check as plain text to be pasted into a bug report: versions, steps,
// facts, probes. Names of nodes, clusters, domains, users and authorities, addresses,
// fingerprints and other identifiers are replaced, each by the same word wherever it
// stands: node-1, domain-1, user-1. Secrets are not in a check at all.
func Report(c cluster.Check) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	if c.Cluster != "" {
		line("Cluster: %s", c.Cluster)
	}
	for _, f := range c.Found {
		line("Member: %s at %s, %s", f.Name, f.Address, f.State)
	}
	if !c.Done {
		line("The check had not ended.")
	}
	for _, n := range c.Nodes {
		reportNode(line, n)
	}
	head := fmt.Sprintf("LooksAlive check of a cluster (%s, %s/%s)\n", version(), runtime.GOOS, runtime.GOARCH) +
		"Names, addresses and identifiers are replaced. Look through it before you publish it.\n\n"
	return head + hide(b.String(), c)
}

func reportNode(line func(string, ...any), n cluster.NodeCheck) {
	line("")
	line("Node %s, asked at %s, mode: %s", cmp.Or(n.Name, "(name not known)"), n.Address, n.Mode)
	for _, s := range n.Steps {
		line("  %-8s %s (%d ms)", s.State, s.Title, s.Took.Milliseconds())
		if s.Detail != "" {
			line("           %s", s.Detail)
		}
		if len(s.Missing) > 0 {
			line("           Missing: %s", strings.Join(s.Missing, ", "))
		}
	}
	if t := n.Certificate; t != nil {
		line("  Certificate: accepted %t, from %s to %s, %d names, self-signed %t", t.Accepted,
			t.NotBefore.Format(time.DateOnly), t.NotAfter.Format(time.DateOnly), len(t.Names), t.Subject == t.Issuer)
	}
	if len(n.Facts) > 0 {
		line("  Facts:")
	}
	for _, f := range n.Facts {
		line("    %s: %s", f.Name, f.Value)
	}
	if len(n.Unverified) > 0 {
		line("  What could not be verified without a real Windows:")
	}
	for _, p := range n.Unverified {
		line("    %-9s %s", map[bool]string{true: "as wanted", false: "DIFFERENT"}[p.OK], p.Name)
		line("              wanted: %s", p.Expected)
		line("              found:  %s", p.Found)
	}
}

// version is what the program was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "version not known"
	}
	out := cmp.Or(info.Main.Version, "(devel)")
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			out += " " + s.Value[:min(len(s.Value), 12)]
		}
	}
	return out + " " + info.GoVersion
}

// hider replaces words by others that say nothing.
type hider struct {
	to    map[string]string // by the word in lower case
	count map[string]int    // by kind
	words []string
}

// hide takes the word out, and gives the same replacement to those of its group.
func (h *hider) hide(kind string, words ...string) {
	as := ""
	for _, w := range words {
		if known := h.to[strings.ToLower(w)]; known != "" {
			as = known
		}
	}
	for _, w := range words {
		w = strings.ToLower(strings.TrimSpace(w))
		if len(w) < 2 || h.to[w] != "" || innocent[w] {
			continue
		}
		if as == "" {
			h.count[kind]++
			as = fmt.Sprintf("%s-%d", kind, h.count[kind])
		}
		h.to[w] = as
		h.words = append(h.words, w)
	}
}

// innocent words tell nobody anything, and stand in sentences of ours.
var innocent = map[string]bool{
	"administrator": true, "administrators": true, "localhost": true, "local": true, "cluster": true, "node": true, "user": true,
	"domain": true, "workgroup": true, "winrm": true, "windows": true, "storage": true, "the": true, "name": true, "account": true,
	"builtin": true, "nt authority": true, "is": true, "it": true, "of": true, "to": true, "as": true, "and": true, "at": true, "on": true,
}

// hide replaces what tells who and where.
func hide(text string, c cluster.Check) string {
	h := &hider{to: make(map[string]string), count: make(map[string]int)}
	var suffixes []string
	host := func(kind string, names ...string) {
		for _, name := range slices.Clone(names) {
			if first, rest, ok := strings.Cut(name, "."); ok && validHost(name) {
				if _, err := netip.ParseAddr(name); err == nil {
					continue
				}
				names = append(names, first)
				suffixes = append(suffixes, strings.ToLower(rest))
			}
		}
		h.hide(kind, names...)
	}
	// The cluster's own name first: a node may be asked by it.
	host("cluster", c.Cluster)
	for _, n := range c.Nodes {
		names := []string{n.Name, nameIn(n.Address)}
		for _, f := range n.Facts {
			switch f.Name {
			case "computer", "host name":
				names = append(names, f.Value)
			case "DNS suffix":
				suffixes = append(suffixes, strings.ToLower(f.Value))
			case "account", "account on the node", "account for changes":
				domain, user := account(f.Value)
				if name, at, ok := strings.Cut(user, "@"); ok {
					suffixes = append(suffixes, strings.ToLower(at))
					user = name
				}
				h.hide("user", user)
				h.hide("domain", domain)
			}
		}
		host("node", names...)
	}
	for _, f := range c.Found {
		host("node", f.Name, nameIn(f.Address))
	}
	for _, n := range c.Nodes {
		if t := n.Certificate; t != nil {
			h.hide("authority", t.Issuer)
			h.hide("certificate", t.Subject)
			h.hide("fingerprint", t.Pin, t.SHA256, t.SHA1)
			for _, name := range t.Names {
				host("host", strings.TrimPrefix(name, "*."))
			}
			for _, dn := range []string{t.Issuer, t.Subject} {
				for part := range strings.SplitSeq(dn, ",") {
					if _, value, ok := strings.Cut(part, "="); ok {
						h.hide("name", value)
					}
				}
			}
		}
	}
	for _, s := range suffixes {
		if s != "" {
			// A host of such a domain that nobody told us of.
			text = regexp.MustCompile(`(?i)([a-z0-9_-]+\.)+`+regexp.QuoteMeta(s)+`\b`).ReplaceAllStringFunc(text, func(m string) string {
				h.hide("host", m)
				return m
			})
			h.hide("domain", s)
		}
	}
	text = identifiers.ReplaceAllStringFunc(text, func(m string) string {
		if ip, err := netip.ParseAddr(strings.Trim(m, "[]")); err == nil && (ip.IsLoopback() || ip.IsUnspecified()) {
			return m
		} else if err == nil {
			h.hide("address", ip.String(), m)
			return h.to[strings.ToLower(m)]
		}
		switch {
		case strings.HasPrefix(m, "S-1-5-21-"):
			h.hide("sid", m)
			return h.to[strings.ToLower(m)]
		case strings.Count(m, "-") == 4 && len(m) == 36:
			h.hide("guid", m)
			return h.to[strings.ToLower(m)]
		}
		return m
	})
	return h.replace(text)
}

// nameIn is the name in an address, "" if it has none: IP addresses are replaced as
// such, and several nodes may have the same.
func nameIn(address string) string {
	host := hostOf(address)
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	return host
}

// identifiers are addresses, SIDs of accounts and GUIDs.
var identifiers = regexp.MustCompile(`(?i)\bS-1-5-21-[0-9-]+\b|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b\d{1,3}(?:\.\d{1,3}){3}\b|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}`)

// replace puts the words in, the longest first: a full name before the name in it.
func (h *hider) replace(text string) string {
	slices.SortStableFunc(h.words, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	if len(h.words) == 0 {
		return text
	}
	var alternatives []string
	for _, w := range h.words {
		alternatives = append(alternatives, regexp.QuoteMeta(w))
	}
	// Only whole words: a node named "ID" is not in "provided".
	all := regexp.MustCompile(`(?i)` + strings.Join(alternatives, "|"))
	var b strings.Builder
	at := 0
	for at < len(text) {
		m := all.FindStringIndex(text[at:])
		if m == nil {
			break
		}
		from, to := at+m[0], at+m[1]
		if wordByte(text, from-1) && wordByte(text, from) || wordByte(text, to-1) && wordByte(text, to) {
			b.WriteString(text[at : from+1])
			at = from + 1
			continue
		}
		b.WriteString(text[at:from])
		b.WriteString(h.to[strings.ToLower(text[from:to])])
		at = to
	}
	b.WriteString(text[at:])
	return b.String()
}

func wordByte(s string, i int) bool {
	if i < 0 || i >= len(s) {
		return false
	}
	c := s[i]
	return c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
