package simulator

// service is a Windows service of the management plane.
type service struct {
	name, display, start string
	azure                bool // only on Azure Local
}

// services are those the nodes have.
var services = []service{
	{name: "ClusSvc", display: "Cluster Service", start: "Auto"},
	{name: "vmms", display: "Hyper-V Virtual Machine Management", start: "Auto"},
	{name: "vmcompute", display: "Hyper-V Host Compute Service", start: "Manual"},
	{name: "WinRM", display: "Windows Remote Management (WS-Management)", start: "Auto"},
	{name: "W32Time", display: "Windows Time", start: "Auto"},
	{name: "Winmgmt", display: "Windows Management Instrumentation", start: "Auto"},
	{name: "himds", display: "Azure Hybrid Instance Metadata Service", start: "Auto", azure: true},
	{name: "HciCloudManagementSvc", display: "HciCloudManagementSvc", start: "Auto", azure: true},
}

// serviceState is Win32_Service.State. The cluster service stops when quorum is
// lost and in quarantine; the Service Control Manager starts it when it may join.
func (c *simCluster) serviceState(n *simNode, name string) string {
	if !c.powered(n) || c.condOf(n).stopped[name] || name == "ClusSvc" && (c.condOf(n).missing[featureCluster] || c.condOf(n).missing[featureMember]) {
		return "Stopped"
	}
	if name == "ClusSvc" && (n.lostQuorum || !n.quarantinedUntil.IsZero()) {
		return "Stopped"
	}
	return "Running"
}
