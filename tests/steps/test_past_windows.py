from retail_lakehouse.steps.past_windows import said_of_windows


def test_a_backtest_says_in_how_many_windows_baselines_were_left_out():
    assert said_of_windows([5_000, 4_000]) == "2 windows"
    assert said_of_windows([8_100, 8_050, 8_000]) == (
        "3 windows; in 2 of them item-kNN and EASE are left out: they hold all 8,100 products by "
        "all, which is done for 8,000 at most"
    )
