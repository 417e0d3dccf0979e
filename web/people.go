package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"

	"looksalive/access"
	"looksalive/cluster"
	"looksalive/store"
	"looksalive/views"
)

// demoUser can sign in to the demonstration; its password is new at every start and
// stands on the sign-in page.
const demoUser = "demo"

// letIn opens the accounts. In the demonstration there is one at once.
func letIn(ctx context.Context, st *store.Store, token cluster.Secret, demo *views.Demo, log *slog.Logger) (*access.Service, error) {
	people, err := access.New(ctx, access.Options{Store: st, Logger: log, Token: token})
	if err != nil || !demo.On {
		return people, err
	}
	demo.User, demo.Password = demoUser, rand.Text()[:12]
	for _, a := range people.Accounts() {
		if a.Name == demoUser {
			return people, people.SetPassword(ctx, demoUser, demo.Password, "")
		}
	}
	return people, people.Add(ctx, demoUser, demo.Password, cluster.Administrator)
}

// firstLink is the second line printed at the start, while there is no administrator.
func firstLink(people *access.Service, url string) string {
	secret, needed := people.SetUp()
	if !needed {
		return ""
	}
	return fmt.Sprintf("Nobody can sign in yet. Create the first administrator at %s/first/%s (works once)\n", url, secret)
}
