// Package main: temporary list of dependencies so that go.mod is complete while packages are being written.
package main

import (
	_ "github.com/Azure/go-ntlmssp"
	_ "github.com/BurntSushi/toml"
	_ "github.com/a-h/templ"
	_ "github.com/bodgit/ntlmssp"
	_ "github.com/chromedp/cdproto/page"
	_ "github.com/chromedp/chromedp"
	_ "github.com/go-chi/chi/v5"
	_ "github.com/google/go-cmp/cmp"
	_ "github.com/gorilla/websocket"
	_ "github.com/masterzen/winrm"
	_ "github.com/sony/gobreaker/v2"
	_ "golang.org/x/crypto/md4"
	_ "golang.org/x/sync/errgroup"
	_ "modernc.org/sqlite"
)
