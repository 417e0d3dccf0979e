package remoting

import (
	"strconv"
	"time"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

// operational are the values of OperationalStatus of the MSFT_ storage classes
// (Windows Storage Management API reference; those from 0xD001 are Storage Spaces').
var operational = map[int]string{
	0: "Unknown", 1: "Other", 2: "OK", 3: "Degraded", 4: "Stressed", 5: "Predictive Failure", 6: "Error", 7: "Non-Recoverable Error",
	8: "Starting", 9: "Stopping", 10: "Stopped", 11: "In Service", 12: "No Contact", 13: "Lost Communication", 14: "Aborted",
	15: "Dormant", 16: "Supporting Entity in Error", 17: "Completed", 18: "Power Mode", 19: "Relocating",
	0xD001: "No Redundancy", 0xD002: "Detached", 0xD003: "Incomplete", 0xD004: "Failed Media", 0xD005: "Split", 0xD006: "Stale Metadata",
	0xD007: "IO Error", 0xD008: "Unrecognized Metadata",
}

// Values of MSFT_PhysicalDisk and MSFT_StorageJob, same reference.
var (
	mediaTypes = map[int]string{0: "Unspecified", 3: "HDD", 4: "SSD", 5: "SCM"}
	usages     = map[int]string{0: "Unknown", 1: "AutoSelect", 2: "ManualSelect", 3: "HotSpare", 4: "Retired", 5: "Journal"}
	jobStates  = map[int]string{
		2: "New", 3: "Starting", 4: "Running", 5: "Suspended", 6: "Shutting Down", 7: "Completed",
		8: "Terminated", 9: "Killed", 10: "Exception", 11: "Service", 12: "Query Pending",
	}
)

func status(values []int) []string {
	return convert(values, func(n int) string { return word(operational, n) })
}

func volume(v scripts.StateVolume) cluster.Volume {
	return cluster.Volume{
		Name: name(v.Name), Path: name(v.Path), ID: name(v.VolumeName), Owner: name(v.OwnerNode), State: cluster.ResourceState(v.State),
		FileSystem: name(v.FileSystem), Size: v.Size, Free: v.Free, InMaint: v.InMaintenance, Access: cluster.VolumeState(v.WorstAccess),
	}
}

func pool(p scripts.StoragePool) cluster.Pool {
	return cluster.Pool{
		Name: name(p.FriendlyName), Health: cluster.StorageHealth(p.HealthStatus), Status: status(p.OperationalStatus),
		ReadOnly: p.IsReadOnly, Size: p.Size, Allocated: p.AllocatedSize,
	}
}

func virtualDisk(v scripts.StorageVirtualDisk) cluster.VirtualDisk {
	return cluster.VirtualDisk{
		Name: name(v.FriendlyName), Health: cluster.StorageHealth(v.HealthStatus), Status: status(v.OperationalStatus),
		Resiliency: name(v.ResiliencySettingName), Copies: v.NumberOfDataCopies, Redundancy: v.PhysicalDiskRedundancy, Size: v.Size, Footprint: v.FootprintOnPool,
	}
}

func drive(d scripts.StorageDrive) cluster.Drive {
	return cluster.Drive{
		ID: name(d.UniqueId), Name: name(d.FriendlyName), Serial: name(d.SerialNumber), Model: name(d.Model), Firmware: name(d.FirmwareVersion),
		Media: word(mediaTypes, d.MediaType), Node: name(d.Node), Slot: strconv.Itoa(d.SlotNumber), Usage: word(usages, d.Usage),
		Health: cluster.StorageHealth(d.HealthStatus), Status: status(d.OperationalStatus), Size: d.Size,
	}
}

func storageJob(j scripts.StorageJob) cluster.StorageJob {
	return cluster.StorageJob{
		Name: name(j.Name), State: word(jobStates, j.JobState), Percent: j.PercentComplete, Done: j.BytesProcessed, Total: j.BytesTotal,
		Elapsed: time.Duration(j.ElapsedSeconds) * time.Second, Permanent: j.IsBackgroundTask,
	}
}

func healthFault(f scripts.StorageFault) cluster.HealthFault {
	return cluster.HealthFault{
		ID: name(f.FaultId), Type: name(f.FaultType), Severity: f.PerceivedSeverity, Reason: clean(f.Reason, textLen),
		Actions: texts(f.RecommendedActions, textLen), ObjectID: clean(f.FaultingObjectUniqueId, textLen), ObjectType: name(f.FaultingObjectType),
		Description: clean(f.FaultingObjectDescription, textLen), Location: clean(f.FaultingObjectLocation, textLen), Time: parseTime(f.FaultTime),
	}
}
