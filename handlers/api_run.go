package handlers

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"time"

	"looksalive/cluster"
	"looksalive/console"
	"looksalive/views"
)

// apiRuns is what GET /api/v1/runs says.
type apiRuns struct {
	Runs []apiRun `json:"runs"`
}

// apiRun is a run with how it stands on each node.
type apiRun struct {
	ID             string          `json:"id"`
	Who            *string         `json:"who"`
	Begun          time.Time       `json:"begun"`
	Saved          *string         `json:"saved"`
	Script         string          `json:"script"`
	Args           json.RawMessage `json:"args"`
	TimeoutSeconds float64         `json:"timeoutSeconds"`
	Verbose        bool            `json:"verbose"`
	OnlyReads      bool            `json:"onlyReads"`
	Changes        []apiRunChange  `json:"changes"`
	Over           bool            `json:"over"`
	Targets        []apiRunTarget  `json:"targets"`
}

type apiRunChange struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

type apiRunTarget struct {
	Cluster     string           `json:"cluster"`
	Node        string           `json:"node"`
	State       cluster.RunState `json:"state"`
	Exit        *int             `json:"exit"`
	Detail      *string          `json:"detail"`
	TookSeconds float64          `json:"tookSeconds"`
	Bytes       int64            `json:"bytes"`
	Errors      int              `json:"errors"`
}

// apiRunEvent is a line of GET /api/v1/runs/{id}/events.
type apiRunEvent struct {
	Seq      int64           `json:"seq"`
	At       *time.Time      `json:"at"`
	Cluster  *string         `json:"cluster"`
	Node     *string         `json:"node"`
	Kind     cluster.RunKind `json:"kind"`
	Text     *string         `json:"text"`
	ErrorID  *string         `json:"errorId"`
	Object   *apiRunObject   `json:"object"`
	Progress *apiRunProgress `json:"progress"`
	State    *string         `json:"state"`
	Exit     *int            `json:"exit"`
	Detail   *string         `json:"detail"`
	Bytes    *int64          `json:"bytes"`
}

type apiRunObject struct {
	Type   string   `json:"type"`
	Names  []string `json:"names"`
	Values []any    `json:"values"`
}

type apiRunProgress struct {
	Activity string `json:"activity"`
	Status   string `json:"status"`
	Percent  *int   `json:"percent"`
}

// sentRun is the body of POST /api/v1/runs.
type sentRun struct {
	Targets []cluster.Target `json:"targets"`
	Role    *struct {
		Cluster string `json:"cluster"`
		Name    string `json:"name"`
	} `json:"role"`
	Script         string          `json:"script"`
	Saved          string          `json:"saved"`
	Args           json.RawMessage `json:"args"`
	TimeoutSeconds float64         `json:"timeoutSeconds"`
	Verbose        bool            `json:"verbose"`
	Confirm        string          `json:"confirm"`
}

// missedKind is the kind of a line that stands for events that are no longer kept.
const missedKind cluster.RunKind = "missed"

// runRoutes are runs for other programs.
func (a *App) runRoutes(operator gate) {
	operator.get("/api/v1/runs", a.api(a.apiRuns))
	operator.post("/api/v1/runs", a.handle(a.apiStartRun))
	operator.get("/api/v1/runs/{id}", a.api(a.apiRun))
	operator.delete("/api/v1/runs/{id}", a.handle(a.apiCancelRun))
	operator.get("/api/v1/runs/{id}/events", a.handle(a.apiRunEvents))
}

func (a *App) apiRuns(r *http.Request) (any, error) {
	if a.opt.Console == nil {
		return nil, errNoConsole
	}
	mine := slices.DeleteFunc(a.opt.Console.Runs(), func(run *console.Run) bool { return !mayRead(whoOf(r), run) })
	return apiRuns{each(mine, apiRunOf)}, nil
}

func (a *App) apiRun(r *http.Request) (any, error) {
	run, err := a.runOf(r)
	if err != nil {
		return nil, err
	}
	return apiRunOf(run), nil
}

func apiRunOf(run *console.Run) apiRun {
	out := apiRun{
		ID: run.ID, Who: nonZero(run.Who.Name), Begun: run.Begun, Saved: nonZero(run.Request.Saved), Script: run.Request.Script, Args: run.Request.Args,
		TimeoutSeconds: run.Request.Timeout.Seconds(), Verbose: run.Request.Verbose, OnlyReads: run.Danger.OnlyReads, Over: run.Over(),
		Changes: each(run.Danger.Changes, func(c console.Change) apiRunChange { return apiRunChange{c.What, c.Why} }),
		Targets: each(run.Status(), func(s console.Status) apiRunTarget {
			ended := s.State != cluster.RunWaiting && s.State != cluster.RunRunning
			return apiRunTarget{s.Target.Cluster, s.Target.Node, s.State, known(s.Exit, ended), nonZero(s.Detail), s.Took.Seconds(), s.Bytes, s.Errors}
		}),
	}
	if len(out.Args) == 0 {
		out.Args = json.RawMessage("null")
	}
	return out
}

// apiStartRun is POST /api/v1/runs.
func (a *App) apiStartRun(w http.ResponseWriter, r *http.Request) error {
	if a.opt.Console == nil {
		return errNoConsole
	}
	req, err := a.sentRun(w, r)
	if err != nil {
		return err
	}
	run, err := a.opt.Console.Start(r.Context(), whoOf(r), req)
	switch {
	case errors.Is(err, console.ErrConfirm):
		return &HTTPError{Code: http.StatusConflict, Err: err,
			Msg: fmt.Sprintf("This script changes something. Send confirm with the text %q to run it.", a.opt.Console.LookAt(req.Script, req.Targets).Phrase)}
	case err != nil:
		return runError(err)
	}
	w.Header().Set("Location", "/api/v1/runs/"+run.ID)
	respond(w, r, http.StatusCreated, "application/json", marshal(apiRunOf(run)))
	return nil
}

// sentRun reads what a program wants to have run.
func (a *App) sentRun(w http.ResponseWriter, r *http.Request) (cluster.RunRequest, error) {
	var req cluster.RunRequest
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		return req, &HTTPError{Code: http.StatusUnsupportedMediaType, Msg: "Send application/json."}
	}
	var s sentRun
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRun))
	dec.DisallowUnknownFields()
	err := dec.Decode(&s)
	if err == nil {
		if _, more := dec.Token(); more != io.EOF {
			err = errors.New("more than one value")
		}
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return req, &HTTPError{Code: http.StatusRequestEntityTooLarge, Msg: "That is more than a script may have. Nothing was run."}
	case err != nil:
		return req, badRequest("The body is not a run as openapi.json describes it." + place(err))
	case s.TimeoutSeconds < 0 || s.TimeoutSeconds > (24*time.Hour).Seconds():
		return req, badRequest("timeoutSeconds must be from 0 to 86400.")
	case s.Saved != "" && s.Script != "":
		return req, badRequest("Send script or saved, not both.")
	}
	req = cluster.RunRequest{Targets: s.Targets, Script: unixLines(s.Script), Args: s.Args, Timeout: time.Duration(s.TimeoutSeconds * float64(time.Second)), Verbose: s.Verbose, Confirm: s.Confirm}
	var problems cluster.Problems
	if s.Role != nil {
		t := a.ownerOf(a.snapshot(), views.TargetText(s.Role.Cluster, s.Role.Name))
		switch {
		case t == (cluster.Target{}):
			problems = append(problems, fmt.Sprintf("No node owns the role %s just now.", s.Role.Name))
		case !slices.Contains(req.Targets, t):
			req.Targets = append(req.Targets, t)
		}
	}
	params := []console.Param(nil)
	if s.Saved != "" {
		saved, err := a.savedScript(r.Context(), s.Saved)
		if err != nil {
			return req, err
		}
		req.Script, req.Saved, params = saved.Text, saved.Name, saved.Params
	} else if p, err := console.Params(req.Script); err == nil {
		params = p
	}
	args, err := console.Arguments(params, s.Args)
	var wrong cluster.Problems
	if errors.As(err, &wrong) {
		problems = append(problems, wrong...)
	} else if err != nil {
		return req, err
	}
	req.Args = args
	return req, problems.Err()
}

// apiCancelRun is DELETE /api/v1/runs/{id}.
func (a *App) apiCancelRun(w http.ResponseWriter, r *http.Request) error {
	run, err := a.runOf(r)
	if err != nil {
		return err
	}
	run.Cancel()
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// apiRunEvents is GET /api/v1/runs/{id}/events?after=N&follow=true: a line of JSON for
// each event, until the run is over or, with follow=false, until there is no more now.
func (a *App) apiRunEvents(w http.ResponseWriter, r *http.Request) error {
	run, err := a.runOf(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	after, follow := int64(0), true
	if s := q.Get("after"); s != "" {
		if after, err = strconv.ParseInt(s, 10, 64); err != nil || after < 0 {
			return badRequest("after must be the seq of an event.")
		}
	}
	if s := q.Get("follow"); s != "" {
		if follow, err = strconv.ParseBool(s); err != nil {
			return badRequest("follow must be true or false.")
		}
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Cache-Control", personal)
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	var ended <-chan struct{}
	if a.opt.Access != nil {
		ended = a.opt.Access.Ended(whoOf(r).Session)
	}
	rc := http.NewResponseController(w)
	for {
		batch, more := run.After(after)
		var lines []byte
		if batch.Missed {
			lines = append(lines, marshal(apiRunEvent{Seq: after, Kind: missedKind})...)
		}
		for _, e := range batch.Events {
			lines = append(lines, marshal(apiRunEventOf(e))...)
		}
		after = batch.Next
		if len(lines) > 0 {
			_ = rc.SetWriteDeadline(time.Now().Add(writeWait)) // not every writer can
			if _, err := w.Write(lines); err != nil {
				panic(http.ErrAbortHandler) // nobody listens
			}
			_ = rc.Flush() // what cannot be flushed comes at the end
		}
		switch {
		case batch.Over:
			return nil
		case len(batch.Events) > 0:
			continue
		case !follow:
			return nil
		}
		select {
		case <-more:
		case <-r.Context().Done():
			return nil
		case <-ended:
			panic(http.ErrAbortHandler) // breaking off tells that this is not the end
		}
	}
}

func apiRunEventOf(e cluster.RunEvent) apiRunEvent {
	out := apiRunEvent{
		Seq: e.Seq, At: utc(e.At), Cluster: &e.Target.Cluster, Node: &e.Target.Node, Kind: e.Kind, Text: nonZero(e.Text), ErrorID: nonZero(e.ErrorID),
		State: nonZero(string(e.State)), Exit: known(e.Exit, e.Kind == cluster.RunEnded), Detail: nonZero(e.Detail), Bytes: nonZero(e.Bytes),
	}
	if e.Object != nil {
		out.Object = &apiRunObject{e.Object.Type, append([]string{}, e.Object.Names...), append([]any{}, e.Object.Values...)}
	}
	if p := e.Progress; p != nil {
		out.Progress = &apiRunProgress{p.Activity, p.Status, known(p.Percent, p.Percent >= 0)}
	}
	return out
}
