"""From a plan and a gateway to a report: the only room that writes."""
