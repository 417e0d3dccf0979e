package powershell

// builtins are the cmdlets that need no host, by lower-case name.
var builtins map[string]*Cmdlet

func init() { // the cmdlets use the table themselves
	builtins = map[string]*Cmdlet{}
	for _, list := range [][]*Cmdlet{objectCmdlets, sortCmdlets, formatCmdlets, writeCmdlets, utilityCmdlets, variableCmdlets, textCmdlets, fileCmdlets} {
		for _, c := range list {
			if c.Module == "" {
				c.Module = "Microsoft.PowerShell.Utility"
			}
			builtins[lower(c.Name)] = c
		}
	}
}

// builtinAliases as Windows PowerShell has them, for built-in cmdlets.
var builtinAliases = map[string]string{
	"?": "where-object", "where": "where-object", "%": "foreach-object", "foreach": "foreach-object", "select": "select-object",
	"sort": "sort-object", "group": "group-object", "measure": "measure-object", "ft": "format-table", "fl": "format-list", "fw": "format-wide",
	"echo": "write-output", "write": "write-output", "sleep": "start-sleep", "gm": "get-member", "gcm": "get-command", "gv": "get-variable", "sv": "set-variable", "set": "set-variable",
	"compare": "compare-object", "diff": "compare-object", "sls": "select-string", "icm": "invoke-command", "iex": "invoke-expression", "gal": "get-alias", "oh": "out-host", "rv": "remove-variable", "tee": "tee-object", "epcsv": "export-csv", "ipcsv": "import-csv", "sc": "set-content", "ac": "add-content", "gu": "get-unique", "cls": "clear-host", "clear": "clear-host",
}

// pipelineInput is the usual parameter that takes the pipeline's objects.
var pipelineInput = Param{Name: "InputObject", Pipeline: true}

// inputs is what a call works on: the pipeline's object, or -InputObject, which
// is unrolled only by those cmdlets that say so.
func (c *Call) input() (any, bool) {
	v, ok := c.bound["inputobject"]
	return v, ok
}
