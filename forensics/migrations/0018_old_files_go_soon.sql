-- An erased account is in old files until the engine has deleted them. It looks for those every 30
-- to 300 seconds; here every 2 to 5, so that an erasure is done to the last file in seconds.

ALTER TABLE accounts MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
ALTER TABLE actions MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
ALTER TABLE alert_updates MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
ALTER TABLE alerts MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
ALTER TABLE backtest_alerts MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
ALTER TABLE bars MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
ALTER TABLE cases MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
ALTER TABLE dead_letters MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
ALTER TABLE delivery_attempts MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
ALTER TABLE events MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
ALTER TABLE fixtures MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
ALTER TABLE frames MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
ALTER TABLE group_lags MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
ALTER TABLE group_members MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
ALTER TABLE health MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
ALTER TABLE heard MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
ALTER TABLE heartbeats MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
ALTER TABLE holds MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
ALTER TABLE ladders MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
ALTER TABLE matched MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
ALTER TABLE pasts MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
ALTER TABLE price_spans MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
ALTER TABLE prices MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
ALTER TABLE questions_asked MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
ALTER TABLE wager_counts MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
ALTER TABLE wagers MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
ALTER TABLE wagers_by_account MODIFY SETTING cleanup_delay_period = 2, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 5;
