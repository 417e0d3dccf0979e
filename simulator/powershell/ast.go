package powershell

// span is where a piece of source stands: byte offsets, end exclusive.
type span struct{ start, end int }

func (s span) at() span { return s }

// expr is anything that has a value.
type expr interface{ at() span }

// stmt is anything that stands in a list of statements.
type stmt interface{ at() span }

type (
	constExpr struct {
		span
		value any
		bare  bool // a word without quotes, as a command's argument
	}
	// textExpr is a double-quoted string; parts are constExpr or what is expanded.
	textExpr struct {
		span
		parts []expr
	}
	varExpr struct {
		span
		scope, name string // scope: "", "env", "script", "global", "local", "using", "variable" …
		splat       bool
	}
	listExpr struct { // a, b, c
		span
		items []expr
	}
	arrayExpr struct { // @( … )
		span
		body []stmt
	}
	subExpr struct { // $( … )
		span
		body []stmt
	}
	parenExpr struct { // ( … )
		span
		body stmt
	}
	hashExpr struct { // @{ … }
		span
		keys   []expr
		values []stmt
	}
	blockExpr struct { // { … }
		span
		body *blockBody
	}
	unaryExpr struct {
		span
		op string // - + ! -not -bnot , -join -split
		x  expr
	}
	stepExpr struct { // ++ and --
		span
		op     string
		prefix bool
		x      expr
	}
	binaryExpr struct {
		span
		op   string // lower case, without the dash for named ones
		l, r expr
		opAt span
	}
	typeExpr struct {
		span
		name string
	}
	castExpr struct {
		span
		to typeExpr
		x  expr
	}
	memberExpr struct {
		span
		x      expr
		name   expr
		static bool
		nameAt span
	}
	callExpr struct {
		span
		x      expr
		name   expr
		args   []expr
		static bool
	}
	indexExpr struct {
		span
		x, index expr
	}
)

// blockBody is the inside of a script block, function or script.
type blockBody struct {
	span
	text                      string
	params                    []paramDecl
	hasParams                 bool
	begin, process, end, bare []stmt
	hasProcess, named         bool
	advanced                  bool // CmdletBinding or a Parameter attribute: common parameters, no $args
}

// paramDecl is one parameter of a function or script block.
type paramDecl struct {
	span
	name      string
	typ       string // lower case, "" for any
	def       expr
	mandatory bool
	pipeline  bool
	byName    bool
	position  int // 0: none given
	aliases   []string
	checks    []paramCheck
	// What a mandatory parameter takes nevertheless.
	allowNull, allowEmpty bool
}

// Statements.
type (
	pipeStmt struct {
		span
		cmds []*command
	}
	assignStmt struct {
		span
		target expr
		op     string
		value  stmt
	}
	ifStmt struct {
		span
		conds  []stmt
		blocks [][]stmt
		other  []stmt
	}
	loopStmt struct { // while, do-while, do-until
		span
		label     string
		cond      stmt
		body      []stmt
		post      bool // the body runs first
		untilTrue bool
	}
	forStmt struct {
		span
		label            string
		init, cond, next stmt // may be nil
		body             []stmt
	}
	foreachStmt struct {
		span
		label string
		name  varExpr
		in    stmt
		body  []stmt
	}
	switchStmt struct {
		span
		label                            string
		wildcard, regex, exact, caseSens bool
		value                            stmt
		tests                            []expr // nil: default
		blocks                           [][]stmt
	}
	tryStmt struct {
		span
		body    []stmt
		catches []catchClause
		finally []stmt
	}
	flowStmt struct { // return, throw, exit, break, continue
		span
		kind  string
		label string
		value stmt // may be nil
	}
	funcStmt struct {
		span
		name string
		body *blockBody
	}
)

type catchClause struct {
	types []string
	body  []stmt
}

// command is one element of a pipeline: an expression or a command with arguments.
type command struct {
	span
	x      expr   // an expression; nil for a command
	call   string // "", "&" or "."
	name   expr
	args   []argument
	redirs []redirection
}

// argument is a positional value, a -Parameter, or both in -Parameter:value.
type argument struct {
	span
	param string // without the dash
	value expr   // nil for a parameter alone
	colon bool
}

type redirection struct {
	span
	from   string // "1", "2" … "*"
	to     string // "&1" or ""
	target expr
	app    bool
}
