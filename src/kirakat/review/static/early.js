// Before the first paint: scripts run here.
document.documentElement.classList.add("js");
