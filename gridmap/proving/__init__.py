from gridmap.proving.fitting import find_unfit, is_proved_impossible
