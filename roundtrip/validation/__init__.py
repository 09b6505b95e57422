"""Around the judgement of a format change: what is compared, waivers, reports for people and programs, acceptance."""
