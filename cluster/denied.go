package cluster

import (
	"cmp"
	"slices"
	"strings"
)

// Part names something that is read: the question and its part, as the scripts call
// it ("Certificates").
func Part(q Question, name string) string { return q.String() + "/" + name }

// Lacks says that this part of a node's answer could not be read for want of rights.
func (v NodeView) Lacks(q Question, name string) bool {
	return len(v.Denied) > 0 && slices.Contains(v.Denied, Part(q, name))
}

// Lacks says that this part of an answer about the cluster could not be read for want
// of rights by the node that gave it.
func (p *Picture) Lacks(q Question, name string) bool {
	from := p.StateFrom
	if q == QuestionStorage {
		from = p.StorageFrom
	}
	return p.Nodes[from].Lacks(q, name)
}

// DeniedParts lists what a node would not let us read and what counts: of the
// questions about the cluster only those it answered last.
func (p *Picture) DeniedParts(node string) []string {
	v, _ := p.View(node)
	if len(v.Denied) == 0 {
		return nil
	}
	member := p.member(node)
	var out []string
	for _, part := range v.Denied {
		q, _, _ := strings.Cut(part, "/")
		if q == QuestionState.String() && p.StateFrom != member || q == QuestionStorage.String() && p.StorageFrom != member {
			continue
		}
		out = append(out, part)
	}
	return out
}

// compareParts puts what matters most first: the parts of the questions in the order of
// Questions.
func compareParts(a, b string) int {
	rank := func(part string) int {
		question, _, _ := strings.Cut(part, "/")
		return slices.IndexFunc(Questions, func(q Question) bool { return q.String() == question })
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
}

// deniedAfter replaces the parts of the question that was answered. Without a change
// the list itself is returned, so the usual case costs nothing.
func deniedAfter(old []string, o Observation) []string {
	prefix := o.Question.String() + "/"
	had := 0
	for _, part := range old {
		if strings.HasPrefix(part, prefix) {
			had++
		}
	}
	if had == 0 && len(o.Denied) == 0 {
		return old
	}
	out := make([]string, 0, len(old)-had+len(o.Denied))
	for _, part := range old {
		if !strings.HasPrefix(part, prefix) && strings.Contains(part, "/") {
			out = append(out, part)
		}
	}
	for _, name := range o.Denied {
		if part := prefix + name; !slices.Contains(out, part) {
			out = append(out, part)
		}
	}
	slices.SortFunc(out, compareParts)
	if slices.Equal(out, old) {
		return old
	}
	return out
}
