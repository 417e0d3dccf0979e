package console

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"looksalive/cluster"
)

//go:embed scripts/*.ps1
var scriptFiles embed.FS

// Saved is a script of the library with what reading it says.
type Saved struct {
	cluster.SavedScript
	Group   string // where it is listed; "" for those people keep
	BuiltIn bool   // part of the product: cannot be changed
	// Question names what the product itself asks with it: "state", "storage",
	// "vitals", "inventory"; "" for all others.
	Question string

	Params  []Param
	Problem string // why its parameters cannot be asked for
	Danger  Danger
}

// read fills what follows from the text.
func (s Saved) read() Saved {
	var err error
	if s.Params, err = Params(s.Text); err != nil {
		s.Problem = err.Error()
	}
	if s.Danger = Look(s.Text); s.Question != "" {
		s.Danger = Danger{OnlyReads: true} // of our own we know it
	}
	return s
}

// Store keeps the scripts of people. was is the name a script had, "" for a new one.
// Errors: cluster.ErrNotFound, ErrExists.
type Store interface {
	SavedScripts(ctx context.Context) ([]cluster.SavedScript, error)
	PutSavedScript(ctx context.Context, was string, s cluster.SavedScript) error
	DropSavedScript(ctx context.Context, name string) error
}

// LibraryOptions configure a Library.
type LibraryOptions struct {
	Store   Store            // nil: only built-in scripts
	Auditor Auditor          // required with a Store
	BuiltIn []Saved          // besides those of this package: what the product asks
	Now     func() time.Time // nil means time.Now
}

// Library is the saved scripts. It is safe for concurrent use.
type Library struct {
	opts    LibraryOptions
	builtIn []Saved

	writing sync.Mutex // whose a script is must not change between looking and saving
}

// NewLibrary reads the built-in scripts.
func NewLibrary(o LibraryOptions) (*Library, error) {
	if o.Store != nil && o.Auditor == nil {
		return nil, errors.New("console: a library that can be changed needs an Auditor")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	l := &Library{opts: o}
	for _, s := range append(slices.Clone(o.BuiltIn), ownScripts()...) {
		s.BuiltIn = true
		if s = s.read(); s.Problem != "" {
			return nil, fmt.Errorf("console: the built-in script %q: %s", s.Name, s.Problem)
		}
		if slices.ContainsFunc(l.builtIn, func(b Saved) bool { return strings.EqualFold(b.Name, s.Name) }) {
			return nil, fmt.Errorf("console: two built-in scripts are called %q", s.Name)
		}
		l.builtIn = append(l.builtIn, s)
	}
	return l, nil
}

// ownScripts are the files of scripts. Their help says what they are called.
func ownScripts() []Saved {
	files, err := scriptFiles.ReadDir("scripts")
	if err != nil {
		panic(err) // embedded
	}
	var out []Saved
	for _, f := range files {
		text, err := scriptFiles.ReadFile(path.Join("scripts", f.Name()))
		if err != nil {
			panic(err)
		}
		help := helpOf(leading.FindString(string(text)))
		out = append(out, Saved{Group: help["notes"], SavedScript: cluster.SavedScript{
			Name: strings.TrimSuffix(help["synopsis"], "."), Description: help["description"], Text: string(text)}})
	}
	return out
}

// All lists the scripts: built-in ones by group, then those of people, by name.
func (l *Library) All(ctx context.Context) ([]Saved, error) {
	out := slices.Clone(l.builtIn)
	slices.SortStableFunc(out, func(a, b Saved) int {
		if n := strings.Compare(a.Group, b.Group); n != 0 {
			return n
		}
		return strings.Compare(a.Name, b.Name)
	})
	if l.opts.Store == nil {
		return out, nil
	}
	kept, err := l.opts.Store.SavedScripts(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(kept, func(a, b cluster.SavedScript) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	for _, s := range kept {
		out = append(out, Saved{SavedScript: s}.read())
	}
	return out, nil
}

// Find gives the script of that name, whatever the case of its letters.
func (l *Library) Find(ctx context.Context, name string) (Saved, error) {
	all, err := l.All(ctx)
	if err != nil {
		return Saved{}, err
	}
	for _, s := range all {
		if strings.EqualFold(s.Name, name) {
			return s, nil
		}
	}
	return Saved{}, fmt.Errorf("saved script %q: %w", name, cluster.ErrNotFound)
}

// Reads says whether a script is one of those the product itself asks.
func (l *Library) Reads(script string) bool {
	return slices.ContainsFunc(l.builtIn, func(s Saved) bool { return s.Question != "" && s.Text == script })
}

// Question gives the script the product asks a question with.
func (l *Library) Question(name string) (Saved, bool) {
	i := slices.IndexFunc(l.builtIn, func(s Saved) bool { return s.Question == name && name != "" })
	if i < 0 {
		return Saved{}, false
	}
	return l.builtIn[i], true
}

// Put saves a script: a new one (was "") or a changed one, which only who saved it
// may change. Errors: cluster.ErrDenied, ErrFixed for a built-in one, ErrExists,
// ErrNotFound, Problems.
func (l *Library) Put(ctx context.Context, who cluster.Who, was string, s cluster.SavedScript) error {
	s.Name, s.Description = strings.TrimSpace(s.Name), strings.TrimSpace(s.Description)
	s.By, s.Changed = who.Name, l.opts.Now().UTC()
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := l.may(ctx, who, was); err != nil {
		return err
	}
	if err := problemsOf(s).Err(); err != nil {
		return err
	}
	if other, err := l.Find(ctx, s.Name); err == nil && !strings.EqualFold(other.Name, was) {
		return fmt.Errorf("saved script %q: %w", s.Name, cluster.ErrExists)
	}
	// The line comes first: nothing changes that is not in the log.
	detail := ""
	if was != "" && was != s.Name {
		detail = "was called " + was
	}
	if err := l.audit(ctx, who, "script.saved", s.Name, s.Text, detail); err != nil {
		return err
	}
	return l.opts.Store.PutSavedScript(context.WithoutCancel(ctx), was, s)
}

// Drop deletes a script. Any administrator may: its author may be gone.
func (l *Library) Drop(ctx context.Context, who cluster.Who, name string) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	s, err := l.changeable(ctx, who, name)
	if err != nil {
		return err
	}
	if err := l.audit(ctx, who, "script.deleted", s.Name, s.Text, ""); err != nil {
		return err
	}
	return l.opts.Store.DropSavedScript(context.WithoutCancel(ctx), s.Name)
}

func (l *Library) may(ctx context.Context, who cluster.Who, was string) error {
	switch {
	case l.opts.Store == nil:
		return cluster.ErrFixed
	case !who.May(cluster.Administrator):
		return fmt.Errorf("saving scripts needs the role administrator: %w", cluster.ErrDenied)
	case was == "":
		return nil
	}
	s, err := l.changeable(ctx, who, was)
	if err == nil && !strings.EqualFold(s.By, who.Name) {
		return fmt.Errorf("the script %q is kept by %s: %w", s.Name, s.By, cluster.ErrDenied)
	}
	return err
}

// changeable finds a script that is not built in.
func (l *Library) changeable(ctx context.Context, who cluster.Who, name string) (Saved, error) {
	s, err := l.Find(ctx, name)
	switch {
	case err != nil:
		return s, err
	case !who.May(cluster.Administrator):
		return s, fmt.Errorf("changing scripts needs the role administrator: %w", cluster.ErrDenied)
	case s.BuiltIn || l.opts.Store == nil:
		return s, fmt.Errorf("the script %q is part of the product: %w", s.Name, cluster.ErrFixed)
	}
	return s, nil
}

func (l *Library) audit(ctx context.Context, who cluster.Who, action, name, text, detail string) error {
	err := l.opts.Auditor.Audit(context.WithoutCancel(ctx), cluster.AuditEntry{
		Who: who.Name, Role: who.Role, From: who.Address, Action: action, Object: name, Text: text, Detail: detail, Outcome: "ok"})
	if err != nil {
		return fmt.Errorf("nothing was changed, because the audit log cannot be written: %w", err)
	}
	return nil
}

// problemsOf says what is wrong with a script somebody wants to save.
func problemsOf(s cluster.SavedScript) cluster.Problems {
	var p cluster.Problems
	switch {
	case s.Name == "":
		p = append(p, "Enter a name.")
	case utf8.RuneCountInString(s.Name) > 80:
		p = append(p, "The name is longer than 80 characters.")
	case strings.ContainsFunc(s.Name, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }):
		p = append(p, "The name has characters that cannot be seen.")
	}
	if utf8.RuneCountInString(s.Description) > 500 {
		p = append(p, "The description is longer than 500 characters.")
	}
	switch {
	case strings.TrimSpace(s.Text) == "":
		p = append(p, "Enter the script.")
	case len(s.Text) > 64<<10:
		p = append(p, "The script is larger than 64 KiB.")
	default:
		if _, err := Params(s.Text); err != nil {
			p = append(p, "The parameters cannot be asked for: "+err.Error()+".")
		}
	}
	return p
}
